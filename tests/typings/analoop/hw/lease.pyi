from hw.lease import *
