from deploy.console_explain import *
