from hw.samna_records import *
