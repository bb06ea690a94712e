from models.japanese_vowels import *
