from deploy.ladder.wording import *
