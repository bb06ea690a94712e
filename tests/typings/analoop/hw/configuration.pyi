from hw.configuration import *
