from deploy.ladder.steps import *
