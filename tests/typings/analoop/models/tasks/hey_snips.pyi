from models.tasks.hey_snips import *
