from deploy.ladder.registers import *
