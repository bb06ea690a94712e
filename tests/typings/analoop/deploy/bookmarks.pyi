from deploy.bookmarks import *
