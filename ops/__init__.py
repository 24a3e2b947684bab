"""What the operators' scripts share; never in the Lambda's zip."""

import os

# The AWS CLI takes either name of the region; boto3 and Chalice know the second alone.
if os.environ.get("AWS_REGION"):
    os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])
