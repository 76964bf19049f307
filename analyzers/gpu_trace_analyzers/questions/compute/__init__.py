"""What was the computing of a device: products, attention, convolutions, at which rate, and how much was possible?"""
