from hw.samna_translation import *
