from deploy.resumable import *
