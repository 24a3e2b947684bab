"""The rules of the register, without HTTP and AWS."""
