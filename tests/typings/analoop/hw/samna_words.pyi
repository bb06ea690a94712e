from hw.samna_words import *
