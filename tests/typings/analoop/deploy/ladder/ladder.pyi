from deploy.ladder.ladder import *
