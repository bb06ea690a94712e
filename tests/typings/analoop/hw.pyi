from hw import *
