from hw.usb import *
