from hw.event_check import *
