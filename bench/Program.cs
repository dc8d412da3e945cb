using Heartwood.Bench;

return args is [Heartwood.Bench.Models.Alone.Word, .. var work] ? Heartwood.Bench.Models.Alone.Run(work, Console.Out) : CommandLine.Run(args, Console.Out, Console.Error);
