from hw.events import *
