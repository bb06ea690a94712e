from hw.samna_fields import *
