from deploy.good_words import *
