from hw.samna_events import *
