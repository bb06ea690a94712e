from hw.balance import *
