"""A soak: `attune run` under five busy clinics' load for half an hour, watched for what creeps."""
