from deploy.ladder.distance import *
