"""The data of the register: frozen records, and plain functions over them."""
