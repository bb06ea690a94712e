from deploy.twins.forced_kernel import *
