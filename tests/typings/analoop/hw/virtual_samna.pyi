from hw.virtual_samna import *
