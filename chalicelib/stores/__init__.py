"""The stores of the register: the port, and its implementations."""
