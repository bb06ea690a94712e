from hw.samna_session import *
