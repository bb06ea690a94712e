from deploy.ladder.fitting import *
