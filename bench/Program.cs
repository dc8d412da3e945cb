using Heartwood.Bench;

return CommandLine.Run(args, Console.Out, Console.Error);
