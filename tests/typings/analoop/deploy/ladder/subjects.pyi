from deploy.ladder.subjects import *
