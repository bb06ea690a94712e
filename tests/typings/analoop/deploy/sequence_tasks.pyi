from deploy.sequence_tasks import *
