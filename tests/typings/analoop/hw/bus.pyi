from hw.bus import *
