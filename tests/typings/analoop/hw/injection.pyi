from hw.injection import *
