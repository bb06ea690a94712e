from hw.samna_registers import *
