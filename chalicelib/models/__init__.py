"""What the register is made of: frozen records and plain functions over them."""
