from deploy.cli_fingerprint import *
