"""What the operators' scripts share; never in the Lambda's zip."""
