"""Where the register is kept: the port, and what stands behind it."""
