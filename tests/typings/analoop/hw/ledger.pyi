from hw.ledger import *
