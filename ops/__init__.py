"""Code that the operators' scripts share; never in the Lambda's zip."""

import os

# The AWS CLI reads both variables; boto3 and Chalice read only AWS_DEFAULT_REGION.
if os.environ.get("AWS_REGION"):
    os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])
