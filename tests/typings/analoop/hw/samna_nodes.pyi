from hw.samna_nodes import *
