"""The documentation's diagrams and tables, made from the code and its configuration."""
