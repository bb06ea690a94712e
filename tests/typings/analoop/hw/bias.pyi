from hw.bias import *
