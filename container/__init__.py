"""The same application in a container: its server, its image, its stack on AWS."""
