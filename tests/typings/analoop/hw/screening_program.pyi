from hw.screening_program import *
