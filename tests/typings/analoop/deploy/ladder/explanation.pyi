from deploy.ladder.explanation import *
