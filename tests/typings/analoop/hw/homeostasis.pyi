from hw.homeostasis import *
