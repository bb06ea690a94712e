from hw.samna_sensors import *
