from deploy.cli_explain import *
